"""How the models are made and measured; the models themselves lie in folders beside this file."""
