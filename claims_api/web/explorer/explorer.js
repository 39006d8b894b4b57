"use strict";

SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#explorer",
  layout: "BaseLayout",
  deepLinking: true,
  docExpansion: "list",
  filter: true,
  // The list of schemas stays shut: each operation shows its own.
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  // x-scope: what a key must be allowed.
  showExtensions: true,
  tryItOutEnabled: false,
  // A key is forgotten when the page is closed.
  persistAuthorization: false,
  // The address of the page must not choose another contract, and nobody else gets ours to validate.
  queryConfigEnabled: false,
  validatorUrl: null,
});
