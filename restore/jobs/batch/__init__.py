"""Many films in one command: the list of films, their states, and a process for each unfinished film."""
