"""What `amml demo` shows: the paper's two workflows, from a file to a prediction and two plots."""
