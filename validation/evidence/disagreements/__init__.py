"""Questions on which published sources disagree: what each says, what follows from its assumption, what is measured."""
