"""Registered devices as people see them: settings, actions' rules, ledgers and protocol log."""
