"""Options of connections, by which those who listen know what one is for."""

# Its statements may take any time.
UNLIMITED = "unlimited"
# Only one statement is sent, without a transaction.
SINGLE = "single"
# The turn (``writer_turns.Turn``) of who is to write.
TURN = "turn"
