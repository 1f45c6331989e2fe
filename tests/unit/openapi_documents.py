"""OpenAPI documents to import, as people write them and as nobody should."""

from __future__ import annotations

from typing import Any

PETSTORE_30 = """
openapi: 3.0.3
info: {title: Swagger Petstore, description: A sample., version: 1.0.0}
servers:
  - url: https://{region}.pets.example.com/v1/
    variables: {region: {default: eu, enum: [eu, us]}}
security: [{api_key: []}]
paths:
  /pets:
    get:
      summary: List all pets
      operationId: listPets
      parameters:
        - {name: limit, in: query, schema: {type: integer, minimum: 0, exclusiveMinimum: true, maximum: 100}}
        - {name: tags, in: query, schema: {type: array, items: {type: string}}}
        - {name: near, in: query, style: deepObject, schema: {type: object}}
      responses: {200: {description: ok}}
    post:
      operationId: createPet
      requestBody: {$ref: '#/components/requestBodies/Pet'}
      responses: {201: {description: made}}
  /pets/{pet-id}:
    parameters:
      - $ref: '#/components/parameters/PetId'
    put:
      operationId: update_pet
      parameters:
        - {name: session, in: cookie, schema: {type: string}}
        - {name: name, in: query, description: The old one, schema: {type: string}}
        - {name: Authorization, in: header, schema: {type: string}}
      requestBody: {$ref: '#/components/requestBodies/Pet'}
      responses: {200: {description: ok}}
    delete:
      responses: {204: {description: gone}}
  /pets/{pet-id}/photo:
    parameters:
      - $ref: '#/components/parameters/PetId'
    put:
      operationId: uploadPhoto
      requestBody: {required: true, content: {image/png: {schema: {type: string, format: binary}}}}
      responses: {204: {description: ok}}
components:
  securitySchemes:
    api_key: {type: apiKey, in: header, name: X-API-Key}
  parameters:
    PetId: {name: pet-id, in: path, required: true, schema: {type: integer, format: int64}}
  requestBodies:
    Pet: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}
  schemas:
    Pet:
      allOf:
        - $ref: '#/components/schemas/NewPet'
        - type: object
          required: [id]
          properties: {id: {type: integer, readOnly: true}}
    NewPet:
      type: object
      required: [name]
      properties:
        name: {type: string, example: Rex}
        tag: {type: string, nullable: true, enum: [no, yes, 2026-01-01]}
        owner: {nullable: true, allOf: [{$ref: '#/components/schemas/Person'}]}
    Person: {type: object, properties: {name: {type: string}, pets: {type: array}}}
"""

PETSTORE_31: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Petstore", "version": "1"},
    "servers": [{"url": "https://pets.example.com"}],
    "components": {
        "securitySchemes": {"token": {"type": "http", "scheme": "Bearer"}},
        "schemas": {
            "Node": {
                "type": ["object", "null"],
                "properties": {
                    "value": {"type": "number", "exclusiveMinimum": 0},
                    "next": {"$ref": "#/components/schemas/Node", "description": "the next"},
                    "tree": {"$ref": "#/components/schemas/Tree"},
                },
            },
            "Tree": {
                "type": "object",
                "properties": {"of": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}}},
                "additionalProperties": {"$ref": "#/components/schemas/Tree"},
            },
        },
    },
    "security": [{"token": []}],
    "paths": {
        "/nodes": {
            "post": {
                "operationId": "addNodes",
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}}
                        }
                    },
                },
            }
        },
        "/trees": {
            "patch": {
                "operationId": "changeTree",
                "requestBody": {
                    "content": {
                        "application/merge-patch+json": {"schema": {"$ref": "#/components/schemas/Tree"}}
                    }
                },
            }
        },
        "/login": {
            "post": {
                "operationId": "logIn",
                "requestBody": {
                    "content": {
                        "application/x-www-form-urlencoded": {
                            "schema": {
                                "type": "object",
                                "required": ["user"],
                                "properties": {"user": {"type": "string"}, "password": {"type": "string"}},
                                "additionalProperties": False,
                            }
                        }
                    }
                },
            }
        },
    },
}


def document(paths: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """The least there can be around these paths."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Least", "version": "1"},
        "servers": [{"url": "https://least.example.com"}],
        "paths": paths or {},
        **more,
    }


def of_operations(count: int) -> dict[str, Any]:
    """As large services have them: each operation with parameters, and a body of shared schemas."""
    schemas = {
        f"Thing{number}": {
            "type": "object",
            "required": ["name"],
            "properties": {
                "name": {"type": "string", "maxLength": 100},
                "kind": {"enum": ["a", "b", "c"]},
                "next": {"$ref": f"#/components/schemas/Thing{(number + 1) % 50}"},
            },
        }
        for number in range(50)
    }
    paths = {
        f"/things{number}/{{id}}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "put": {
                "operationId": f"putThing{number}",
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {"schema": {"$ref": f"#/components/schemas/Thing{number % 50}"}}
                    },
                },
            },
        }
        for number in range(count)
    }
    return document(paths, components={"schemas": schemas})


def with_body(schema: Any, **components: Any) -> dict[str, Any]:
    """One operation that is sent this."""
    content = {"application/json": {"schema": schema}}
    operation = {"operationId": "send", "requestBody": {"required": True, "content": content}}
    return document({"/send": {"post": operation}}, components={"schemas": components})
