"""Starting, supervising and examining the processes of one installation."""
