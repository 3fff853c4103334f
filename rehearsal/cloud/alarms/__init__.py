"""What CloudWatch alarms watch, and the states that their data put them into; no emulator in here."""
