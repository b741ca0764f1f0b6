"""Who may do what: the context of who asks, the policies of doors, the decision. Pure."""
