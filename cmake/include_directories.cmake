# SPDX-License-Identifier: Apache-2.0
# Targets exported by the ROS wheels name the Python include folder of the machine that built them.
# CMake refuses to use an imported target with a missing folder, so missing folders are taken out.
function(drop_missing_include_directories)
  get_property(targets DIRECTORY PROPERTY IMPORTED_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(directories ${target} INTERFACE_INCLUDE_DIRECTORIES)
    if(directories)
      set(existing)
      foreach(directory IN LISTS directories)
        if(directory MATCHES "\\$<" OR EXISTS "${directory}")
          list(APPEND existing "${directory}")
        endif()
      endforeach()
      set_target_properties(${target} PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${existing}")
    endif()
  endforeach()
endfunction()

# CMake refuses to export a target that names a folder inside the source tree, and NumPy's headers
# lie there when the virtual environment does. Users of the installed target find their own NumPy.
function(keep_include_directories_private target)
  get_target_property(directories ${target} INTERFACE_INCLUDE_DIRECTORIES)
  set(private)
  foreach(directory IN LISTS directories)
    if(directory MATCHES "\\$<")
      list(APPEND private "${directory}")
    else()
      list(APPEND private "$<BUILD_INTERFACE:${directory}>")
    endif()
  endforeach()
  set_target_properties(${target} PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${private}")
endfunction()
