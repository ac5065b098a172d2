/**
 * The shapes of every request and reply, an area a file: requests are parsed by them, the OpenAPI document is made of
 * them, and every reply that is given in a test is held against it.
 */
export * from './schemas/bulk.js';
export * from './schemas/camera.js';
export * from './schemas/common.js';
export * from './schemas/person.js';
export * from './schemas/recognition.js';
export * from './schemas/service.js';
