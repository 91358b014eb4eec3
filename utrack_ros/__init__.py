"""UTrack: onboard single-object tracking for drones, as a library and as a ROS 2 node.

Importing the package fixes settings that libraries read as they load. Thread pools of numpy and torch: BLAS workers
that spin steal the second core of a companion computer from the network. OpenCV: the largest image file that it
decodes, in pixels, 8192 x 8192; its own limit is sixteen times that. Values already set in the environment win.
"""

import os

__version__ = "0.1.0"

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(8192 * 8192))
