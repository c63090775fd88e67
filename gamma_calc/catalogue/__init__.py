"""Programs, initialisations and parametrisations by name: data that programs are made from."""
