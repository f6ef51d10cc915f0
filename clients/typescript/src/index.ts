export { Ryla, Jobs, Loras, Presets, type GraphOptions, type JobQuery, type LoraFacts, type RunOptions, type SubmitOptions } from "./client.js";
export * from "./errors.js";
export { isFinal, type JobEvent } from "./events.js";
export { file, LocalFile, type FileInput } from "./files.js";
export { Connection, type ConnectionOptions } from "./http.js";
export { Job, Output, type PictureOptions } from "./job.js";
export * from "./presets.gen.js";
export type * from "./shapes.gen.js";
export { InvalidWebhook, verifyWebhook, type WebhookHeaders } from "./webhooks.js";
