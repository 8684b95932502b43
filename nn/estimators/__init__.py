"""Linear models in closed form, and the estimators of scikit-learn."""
