"""Lambda functions as child processes behind the Runtime API."""
