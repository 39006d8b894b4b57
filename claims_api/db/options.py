"""Names of the execution options by which the listeners of an engine know what a connection is for."""

# Its statements may take any time.
UNLIMITED = "unlimited"
# Only one statement is sent, without a transaction.
SINGLE = "single"
# The turn (``writer_turns.Turn``) of a transaction that is to write.
TURN = "turn"
