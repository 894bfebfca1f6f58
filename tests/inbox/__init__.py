"""Tests of the inbox: mails from public test sets, and a real IMAP server on loopback."""
