"""Set-up of a checkout: `.venv`, the ROS 2 wheels where no ROS is installed, the messages, env.sh."""
