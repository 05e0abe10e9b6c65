"""What films, batches, previews and benchmarks do from start to end."""
