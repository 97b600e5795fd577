"""Rendered people with exact hand masks: training pictures from parametric bodies and Blender.

Two programs, because the posing (torch and ``anny``) and the path tracing (``bpy``) need
different environments and share nothing but a file of posed meshes::

    PYTHONPATH=tools python -m rendering.poses --seed 1 --count 400 --out poses.npz
    PYTHONPATH=tools python -m rendering.scenes --seed 1 --count 100 --poses poses.npz --out DIR

Everything here is reproducible from its seeds. ``anny`` and ``bpy`` are imported by these two
programs alone; the modules that only decide (joint limits, gestures, activities, cameras, scenes)
need numpy and nothing else.
"""

# SPDX-License-Identifier: Apache-2.0
