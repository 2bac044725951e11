"""One request over HTTP, whatever the format."""
