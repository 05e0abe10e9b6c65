"""What was done to a film: the record for programs and the page for people."""
