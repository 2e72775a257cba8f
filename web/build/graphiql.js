// What the page GraphiQL takes from others: GraphiQL, and what its parts are joined with.
export { GraphiQL } from "graphiql";
export { useEditorContext, useOperationsEditorState } from "@graphiql/react";
export { buildSchema, getNamedType, parse, print, TypeInfo, visit, visitWithTypeInfo } from "graphql";
export { createClient } from "graphql-ws";
export { createElement, useEffect, useMemo, useState } from "react";
export { createRoot } from "react-dom/client";
