/**
 * Node's HTTP module. Not by `import`: that reads every export once, and behind one of them (`WebSocket`) Node has a whole
 * client of some 60 modules, which take 15 to 40 ms of each start.
 */
export const nodeHttp = process.getBuiltinModule('node:http');
