// Viewport store: where the canvas was last looked at.

export interface Viewport {
  x: number;
  y: number;
  zoom: number;
}

export interface ViewportStore {
  read(): Promise<Viewport>;
  save(viewport: Viewport): Promise<void>;
}
