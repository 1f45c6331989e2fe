// Whom one asks for is the same in nearly every request: what was sent once is filled in when the page is loaded again.
const remembered = ["X-Org-ID", "X-User-ID"];

function remember(request) {
  for (const name of remembered) {
    const value = request.headers && request.headers[name];
    if (value) sessionStorage.setItem(name, value);
  }
  return request;
}

async function show() {
  const spec = await (await fetch("/openapi.json")).json();
  for (const parameter of Object.values(spec.components.parameters)) {
    const value = remembered.includes(parameter.name) && sessionStorage.getItem(parameter.name);
    if (value) parameter.schema.default = value;
  }
  SwaggerUIBundle({
    spec,
    dom_id: "#api",
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    requestInterceptor: remember,
  });
}

show();
