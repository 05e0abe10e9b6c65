"""What was done to a film, as a record for programs and a page for people."""
