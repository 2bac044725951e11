"""What every provider's answer is read with: blocks that grow, arguments, reasons to stop."""
