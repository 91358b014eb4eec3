"""Frames in (video, folder) and results out (CSV, overlay, summary); no ROS."""
