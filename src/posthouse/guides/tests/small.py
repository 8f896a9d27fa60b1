"""A document that uses much of OpenAPI 3.1 in little space."""

SMALL = {
    "openapi": "3.1.0",
    "info": {"title": "Petstore API", "version": "1.2", "description": "Pets, **kept**."},
    "servers": [
        {
            "url": "https://{region}.pets.example/v2",
            "variables": {"region": {"default": "eu", "enum": ["eu", "us"], "description": "Where"}},
        }
    ],
    "tags": [{"name": "Pets", "description": "All about pets"}],
    "security": [{"key": []}],
    "paths": {
        "/pets": {
            "parameters": [{"$ref": "#/components/parameters/trace"}],
            "get": {
                "operationId": "listPets",
                "tags": ["Pets"],
                "summary": "List pets",
                "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100}},
                    {
                        "name": "ids",
                        "in": "query",
                        "explode": False,
                        "schema": {"type": "array", "items": {"type": "string"}},
                    },
                ],
                "responses": {
                    "200": {
                        "description": "Pets",
                        "headers": {"X-Next": {"$ref": "#/components/headers/next"}},
                        "content": {
                            "application/json": {
                                "schema": {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}}
                            }
                        },
                    },
                    "4XX": {"$ref": "#/components/responses/wrong"},
                    "default": {"description": "Anything else"},
                },
            },
            "post": {
                "operationId": "addPet",
                "tags": ["Pets"],
                "description": "Adds one.",
                "requestBody": {"$ref": "#/components/requestBodies/pet"},
                "responses": {"201": {"description": "Added"}},
                "callbacks": {
                    "fed": {
                        "{$request.body#/callback}": {
                            "post": {
                                "requestBody": {
                                    "content": {
                                        "application/json": {
                                            "schema": {"type": "object", "properties": {"amount": {"type": "number"}}}
                                        }
                                    }
                                },
                                "responses": {"204": {"description": "Seen"}},
                            }
                        }
                    }
                },
            },
        },
        "/pets/{pet_id}": {
            "get": {
                "tags": ["Pets"],
                "deprecated": True,
                "parameters": [
                    {"name": "pet_id", "in": "path", "required": True, "schema": {"type": "string"}, "example": "rex"}
                ],
                "security": [],
                "responses": {
                    "404": {
                        "description": "No such pet",
                        "x-error-codes": {
                            "pet-unknown": {
                                "title": "There is no such pet",
                                "description": "The id **names** nothing.",
                                "fix": "List the pets first.",
                                "docs": "https://pets.example/errors#pet-unknown",
                                "translations": {"es": {"title": "No existe esa mascota"}},
                            }
                        },
                    }
                },
            }
        },
    },
    "webhooks": {
        "petBorn": {
            "post": {
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}},
                "responses": {"200": {"description": "Thanks"}},
            }
        }
    },
    "components": {
        "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
        "parameters": {"trace": {"name": "X-Trace", "in": "header", "schema": {"type": "string"}}},
        "headers": {"next": {"description": "The next page", "schema": {"type": "string"}}},
        "responses": {
            "wrong": {
                "description": "You are wrong",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }
        },
        "requestBodies": {
            "pet": {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}}
        },
        "schemas": {
            "Pet": {
                "type": "object",
                "required": ["name", "kind"],
                "properties": {
                    "id": {"type": "string", "format": "uuid", "readOnly": True},
                    "name": {"type": "string", "minLength": 1, "maxLength": 40},
                    "kind": {
                        "oneOf": [
                            {"const": "cat", "title": "Cat", "description": "Purrs"},
                            {"const": "dog", "title": "Dog"},
                        ]
                    },
                    "weight": {"type": ["number", "null"], "exclusiveMinimum": 0},
                    "parents": {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}},
                    "owner": {"anyOf": [{"$ref": "#/components/schemas/Owner"}, {"type": "null"}]},
                    "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                    "food": {
                        "oneOf": [{"$ref": "#/components/schemas/Fish"}, {"$ref": "#/components/schemas/Meat"}],
                        "discriminator": {
                            "propertyName": "of",
                            "mapping": {"fish": "#/components/schemas/Fish", "meat": "#/components/schemas/Meat"},
                        },
                    },
                },
            },
            "Owner": {
                "type": "object",
                "properties": {
                    "email": {"type": "string", "format": "email"},
                    "pets": {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}},
                },
            },
            "Fish": {
                "type": "object",
                "required": ["of"],
                "properties": {"of": {"const": "fish"}, "sea": {"type": "boolean"}},
            },
            "Meat": {
                "allOf": [
                    {"$ref": "#/components/schemas/Owner"},
                    {
                        "type": "object",
                        "required": ["of"],
                        "properties": {"of": {"const": "meat"}, "cut": {"type": "string", "enum": ["rib", "leg"]}},
                    },
                ]
            },
            "Problem": {
                "type": "object",
                "properties": {"code": {"type": "string"}, "detail": {"type": "string", "example": "So it is"}},
            },
        },
    },
}
