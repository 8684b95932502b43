// What Python prints into the page of the playground.

declare const PIECES: Record<"activations" | "losses" | "penalties" | "optimizers", Record<string, Program>>;
