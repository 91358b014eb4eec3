"""Checks of a running system: pure functions from facts to findings, shared by `utrack doctor` and the node.

Each file holds one idea: a frozen record of facts, and the function that judges it. Only `machine` and `segments`
read anything, and neither needs ROS.
"""
