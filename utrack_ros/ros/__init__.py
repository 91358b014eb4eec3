"""The ROS 2 side: node, messages, parameters, image decoding, bags."""
