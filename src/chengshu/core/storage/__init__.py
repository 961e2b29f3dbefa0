"""Files that never change once written, in a folder or in a bucket of S3-compatible storage."""
