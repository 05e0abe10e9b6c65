"""Many films in one command: which there are, what is done, and a process for each that is not."""
