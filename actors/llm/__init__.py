"""Model providers: one canonical request in, one canonical event stream out."""
