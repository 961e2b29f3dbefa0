"""The health of streams and terminals: found by the follower alone, read by everybody."""
