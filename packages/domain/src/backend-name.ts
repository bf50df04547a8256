// Backend name: where a workspace can run, as its row says it.

export type BackendName = 'process' | 'docker' | 'cloud' | 'external' | 'fake' | 'none';
