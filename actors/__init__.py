"""The subsystems of Starpod, one folder each, all of one shape.

``messages.py`` is a subsystem's front door; only that file may be imported by another subsystem.
"""
