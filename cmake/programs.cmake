# SPDX-License-Identifier: Apache-2.0
# Write a program that calls a function of a module, where `ros2 run` looks for programs.
#
# Its execute bit is set here, not by install(PROGRAMS): `colcon build --symlink-install` installs a
# link to what is written here.
function(add_program NAME MODULE FUNCTION)
  set(SITE_PACKAGES "lib/python${Python3_VERSION_MAJOR}.${Python3_VERSION_MINOR}/site-packages")
  configure_file(cmake/program.in ${CMAKE_CURRENT_BINARY_DIR}/bin/${NAME} @ONLY
    FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ
    WORLD_EXECUTE)
  install(PROGRAMS ${CMAKE_CURRENT_BINARY_DIR}/bin/${NAME} DESTINATION lib/${PROJECT_NAME})
endfunction()
