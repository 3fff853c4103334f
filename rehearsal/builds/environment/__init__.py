"""What a build's commands find around them: tools, variables, credentials, and what they may not see."""
