"""What can be seen of messages as they pass: taps and their filters, the flight recorder, counters."""
