"""Programs from outside: the files of other trainers."""
