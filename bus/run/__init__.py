"""How one actor lives and how messages get to it: mailbox, sending, handling, streams, events, timers."""
