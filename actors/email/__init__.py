"""E-mail: answers and notices go out by SMTP; mails of known people come in by IMAP."""
