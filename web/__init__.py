"""The pages for a browser: the React application in this folder, built into `dist`, and the routes that serve it."""
