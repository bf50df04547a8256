// Transcripts: what an agent keeps of its session.
export { AgentReader } from './agent-reader.ts';
export type { TranscriptDeps } from './read-transcript.ts';
export { bindTranscriptRoutes } from './routes.ts';
