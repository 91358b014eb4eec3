"""UTrack: onboard single-object tracking for drones, as a library and as a ROS 2 node.

Importing the package fixes the thread-pool settings that must be known before numpy and torch
load: BLAS workers that spin steal the second core of a companion computer from the network.
Values already set in the environment win.
"""

import os

__version__ = "0.1.0"

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
