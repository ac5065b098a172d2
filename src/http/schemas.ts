/**
 * The schemas of every request and reply. They parse requests and make the OpenAPI document; tests validate every reply
 * against it.
 */
export * from './schemas/administration.js';
export * from './schemas/attendance.js';
export * from './schemas/transfer.js';
export * from './schemas/camera.js';
export * from './schemas/challenge.js';
export * from './schemas/common.js';
export * from './schemas/history.js';
export * from './schemas/person.js';
export * from './schemas/recognition.js';
export * from './schemas/service.js';
