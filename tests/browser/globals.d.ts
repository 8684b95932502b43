// What Python writes into the page of a graph, and what its scripts make of that.

interface Place {
  x: number;
  y: number;
  w: number;
  h: number;
}

interface PageBox extends Place {
  name: string;
  kind: "input" | "parameter" | "constant" | "operation" | "result" | "group";
  operation: string;
  short: string;
  path: string;
  data: number | null;
  grad: number | null;
  notes: string[];
  cluster: number;
  formula: string;
  numbers: string;
  rounded: boolean;
  template: string;
  operands: (number | [number | string])[];
}

interface PageEdge {
  source: number;
  target: number;
  partial: number | null;
  gate: boolean;
  multiplicity: number;
  route: number[][];
  label: number[];
}

interface PageCluster extends Place {
  title: string;
  path: string;
  module: boolean;
  parent: number;
  closed: boolean;
  outputs: number[];
  small: [number, number];
}

interface Spots {
  width: number;
  height: number;
  boxes: Record<number, Place>;
  clusters: Record<number, Place>;
}

interface PageGraph {
  summary: string;
  swept: boolean;
  stale: boolean;
  root: number;
  order: number[];
  boxes: PageBox[];
  edges: PageEdge[];
  clusters: PageCluster[];
  views: (Spots & { closed: number[]; edges: Record<number, { route: number[][]; label: number[] }> })[];
  labelled: boolean;
  fixed: string;
  program: { leaves: number[]; values: number[]; partials: number[] } | null;
  handed?: [number, number][]; // by a playground: leaves and their numbers
}

interface Update {
  box: number;
  edge: number;
  before: number | null;
  contribution: number;
  after: number;
}

interface Step {
  phase: "start" | "forward" | "seed" | "backward";
  box: number;
  boxes: number[];
  edges: number[];
  updates: Update[];
}

// The object that autograd.native.javascript prints.
interface Program {
  inputs: number;
  outputs: number;
  parameters: number;
  slots: number;
  init(slots: Float64Array): void;
  run(n: number, data: Float64Array, weight: number, slots: Float64Array, outputs: Float64Array): void;
}

declare function makeProgram(): Program;
