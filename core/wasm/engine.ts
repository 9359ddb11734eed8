/** What this project needs of `WebAssembly`, typed here because only the browser's type library declares it. */
export interface WasmModule {
  readonly __module?: never;
}

interface Engine {
  Module: {
    new (bytes: Uint8Array): WasmModule;
    imports(module: WasmModule): { module: string; name: string; kind: string }[];
  };
  Instance: new (module: WasmModule, imports: object) => { exports: unknown };
}

const { WebAssembly: engine } = globalThis as unknown as { WebAssembly: Engine };

export function compile(bytes: Uint8Array): WasmModule {
  return new engine.Module(bytes);
}

/** An instance of a module whose only import is a memory. */
export function onMemory<Exports>(module: WasmModule, memory: object): Exports {
  const imports: Record<string, Record<string, object>> = {};
  for (const { module: from, name } of engine.Module.imports(module)) imports[from] = { [name]: memory };
  return new engine.Instance(module, imports).exports as Exports;
}
