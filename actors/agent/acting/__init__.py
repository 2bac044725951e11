"""Carries out what a model asks for, if it may be."""
