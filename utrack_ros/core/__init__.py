"""The tracker itself: numpy and torch only; no ROS, no files, no clocks."""
